// Stands in for fetch and Worker where the page is one script: what they ask for is in the script itself.
import { packed, scripts, scriptsApart } from "sandflow:files";

// What few need is a script of its own, which asks for it only when it is wanted: nothing else can be loaded here.
const load = (path) => new Promise((done, failed) => {
  const script = document.createElement("script");
  script.src = `${path}.js`;
  script.onload = () => done(self.sandflow_apart[path]);
  script.onerror = () => failed(new TypeError(`${path} cannot be loaded`));
  document.head.append(script);
});

// Once, however many ask meanwhile; what was not there may be there the next time.
const loading = {};
const apart = (path) => (loading[path] ??= load(path).catch((error) => {
  delete loading[path];
  throw error;
}));

async function unpacked(path) {
  const bytes = Uint8Array.from(atob(packed[path] ?? (await apart(path))), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

export async function fetch(path) {
  if (!Object.hasOwn(packed, path) && !scriptsApart.includes(path)) return new Response("", { status: 404 });
  return new Response(await unpacked(path));
}

// The app's worker, from a Blob URL: it is handed its module, for it cannot load any.
export function Worker() {
  const url = URL.createObjectURL(new Blob(scripts, { type: "text/javascript" }));
  const worker = new globalThis.Worker(url);
  unpacked("app/app.wasm").then((binary) => worker.postMessage({ type: "binary", binary }, [binary]));
  return worker;
}
