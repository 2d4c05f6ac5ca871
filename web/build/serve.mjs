// Serves the site on this machine only, as strictly as a careful host would, so that what works here works there.
//
// node web/build/serve.mjs [FOLDER] [--port N]
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
  ".zip": "application/zip",
  ".wasm": "application/wasm",
  ".ttf": "font/ttf",
};

const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
].join("; ");

// What has been packed before, by its file's path, with the time that the file had.
const packed = new Map();
function pack({ path, time, content }) {
  if (packed.get(path)?.time !== time) packed.set(path, { time, content: gzipSync(content) });
  return packed.get(path).content;
}

// The file a request means, or nothing when it lies outside the folder or does not exist.
async function find(root, url) {
  try {
    const path = join(root, decodeURIComponent(new URL(url, "http://localhost").pathname));
    if (path !== root && !path.startsWith(root + sep)) return undefined;
    const file = (await stat(path)).isDirectory() ? join(path, "index.html") : path;
    const { mtimeMs: time } = await stat(file);
    return { path: file, time, type: types[extname(file)] ?? "application/octet-stream", content: await readFile(file) };
  } catch {
    return undefined;
  }
}

// Starts serving a folder; port 0 takes any free one. Rejects when the port is taken.
export async function serve(folder, port = 0) {
  const root = resolve(folder);
  const server = createServer(async (request, response) => {
    const file = await find(root, request.url);
    if (!file) {
      response.writeHead(404, { "Content-Type": types[".txt"] }).end("not found\n");
      return;
    }
    const isPacked = file.type !== types[".png"] && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    response.writeHead(200, {
      "Content-Type": file.type,
      "Cache-Control": "no-cache",
      "Content-Security-Policy": policy,
      ...(isPacked && { "Content-Encoding": "gzip" }),
    });
    response.end(request.method === "HEAD" ? undefined : isPacked ? pack(file) : file.content);
  });
  await new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

async function serveOnFreePort(folder, port) {
  try {
    return await serve(folder, port);
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    console.log(`port ${port} is taken`);
    return serveOnFreePort(folder, port + 1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const option = args.indexOf("--port");
  const [, port = "8765"] = option < 0 ? [] : args.splice(option, 2);
  const { url } = await serveOnFreePort(args[0] ?? "dist", Number(port));
  console.log(`Sandflow is at ${url} (Ctrl+C stops it)`);
}
