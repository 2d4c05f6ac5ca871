// Other people's pages for the page tests: small hosts on origins of their own, as strict as their owners like.
import { createServer } from "node:http";
import { after } from "node:test";

const hosts = [];
after(() => Promise.all(hosts.map((host) => new Promise((done) => {
  host.close(done);
  host.closeAllConnections();
}))));

// Serves one HTML page; `script` is its own, at page.js. Returns its address, whose origin is like no other.
export async function hostPage({ html, script = "", policy = "" }) {
  const host = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    if (!isScript && request.url !== "/") return response.writeHead(204).end();
    response.writeHead(200, {
      "Content-Type": isScript ? "text/javascript" : "text/html; charset=utf-8",
      ...(policy && { "Content-Security-Policy": policy }),
    });
    response.end(isScript ? script : html);
  });
  await new Promise((done) => host.listen(0, "127.0.0.1", done));
  hosts.push(host);
  return `http://127.0.0.1:${host.address().port}/`;
}

// What a host's page.js can do with the sandboxes on it: `heard` holds their messages, `tell` sends one to the first frame.
export const listening = `
  const heard = [];
  addEventListener("message", ({ data }) => heard.push(data));
  const tell = (message) => document.querySelector("iframe").contentWindow.postMessage({ sandflow: 1, ...message }, "*");
`;
