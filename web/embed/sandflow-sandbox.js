// <sandflow-sandbox>: a sandbox in somebody's page. A picture comes first; the frame when it is near the window; its height
// from the sandbox itself. Nothing else is needed, and a strict Content-Security-Policy forbids none of it.
//
// src       what the share dialog gives: a link, or its part from # on
// poster    a picture to show first
// title     what it is called for those who listen
// height    in CSS pixels; left out, the sandbox says how high it would like to be
// width     in CSS pixels; left out, as wide as the text
// loading   "click": the frame waits for the play button; left out, for being scrolled to
// isolated  the frame is sandboxed and knows nothing of its site
// link      a name: sandboxes of this name share the parameters listed in
// shares    names of settings, and "play"; left out, "seed"
//
// Its events are the sandbox's messages: element.addEventListener("state", ({ detail }) => …); element.send({ type: "play" }).
"use strict";

(() => {
  if (customElements.get("sandflow-sandbox")) return;
  const site = new URL("../", document.currentScript.src);
  const all = new Set();

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; position: relative; max-width: 100%; min-height: 120px; overflow: hidden; border: 1px solid #8884; border-radius: 10px; contain: layout paint; }
    :host([hidden]) { display: none; }
    iframe { position: absolute; inset: 0; display: block; width: 100%; height: 100%; border: 0; }
    .poster { color-scheme: light dark; position: absolute; inset: 0; display: grid; place-items: center; width: 100%; padding: 0; border: 0; background: radial-gradient(#8883 1px, #0000 1px) 0 0 / 24px 24px light-dark(#f6f7f9, #0f1419); cursor: pointer; }
    .poster[hidden] { display: none; }
    .poster img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: light-dark(#f6f7f9, #0f1419); }
    .poster img:not([src]) { display: none; }
    .poster svg { position: relative; width: 64px; height: 64px; border-radius: 50%; background: light-dark(#0b7d6b, #2dbfa6); box-shadow: 0 4px 20px #0005; }
    .poster path { fill: light-dark(#fff, #0f1419); }
    .poster:focus-visible { outline: 3px solid #0b7d6b; outline-offset: -3px; }
    .loading svg { animation: breathe 1.2s ease-in-out 2s infinite alternate; }
    @keyframes breathe { to { opacity: 0.35; } }
    @media (prefers-reduced-motion: reduce) { .loading svg { animation: none; } }
  `);

  // What two sandboxes of one name have in common is what has changed last in either.
  function share(from, settings) {
    const name = from.getAttribute("link");
    if (!name) return;
    for (const key of from.shares) {
      // It has been told otherwise, and has not heard yet.
      if (from.due.has(key) && settings[key] !== from.due.get(key)) continue;
      from.due.delete(key);
      if (settings[key] === undefined || settings[key] === from.told.get(key)) continue;
      const isFirst = !from.told.has(key);
      from.told.set(key, settings[key]);
      // What a sandbox begins with is its own.
      if (isFirst) continue;
      for (const other of all) {
        if (other === from || other.getAttribute("link") !== name || !other.shares.includes(key)) continue;
        // What comes back of it is no news.
        other.told.set(key, settings[key]);
        other.due.set(key, settings[key]);
        if (key === "play") other.send({ type: settings.play ? "play" : "pause" });
        else other.send({ type: "set", name: key, value: settings[key] });
      }
    }
  }

  class Sandbox extends HTMLElement {
    static observedAttributes = ["src", "height", "width"];
    told = new Map();  // The shared parameters as it last told them …
    due = new Map();  // … and as it has been told, until it says so itself.
    #frame;
    #poster;
    #waiting = [];  // Messages until the sandbox is ready.
    #ready = false;
    #wish;  // Of the sandbox for its height.

    get shares() {
      return (this.getAttribute("shares") ?? "seed").split(/[\s,]+/).filter(Boolean);
    }

    connectedCallback() {
      all.add(this);
      if (!this.shadowRoot) this.#draw();
      this.#size();
      this.near = new IntersectionObserver(([{ isIntersecting }]) => {
        if (isIntersecting && this.getAttribute("loading") !== "click") this.load();
      }, { rootMargin: "400px" });
      this.near.observe(this);
      window.addEventListener("message", this.#hear);
    }

    disconnectedCallback() {
      all.delete(this);
      this.near.disconnect();
      window.removeEventListener("message", this.#hear);
      // A frame that is taken out of a page forgets what was in it.
      this.#frame?.remove();
      this.#frame = undefined;
      this.#ready = false;
      this.told.clear();
      this.due.clear();
      this.#poster.hidden = false;
      this.#poster.classList.remove("loading");
    }

    attributeChangedCallback(name) {
      if (!this.isConnected) return;
      if (name !== "src") return this.#size();
      if (this.#frame) this.#frame.src = this.#address();
    }

    // Loads the frame, if it is not there yet.
    load() {
      if (this.#frame || !this.isConnected) return;
      const frame = document.createElement("iframe");
      if (this.hasAttribute("isolated")) frame.setAttribute("sandbox", "allow-scripts");
      frame.title = this.title || "Sandflow";
      frame.src = this.#address();
      this.#frame = frame;
      this.#poster.classList.add("loading");
      this.shadowRoot.prepend(frame);
    }

    send(message) {
      const whole = { sandflow: 1, ...message };
      if (this.#ready) this.#frame.contentWindow.postMessage(whole, "*");
      else this.#waiting.push(whole);
    }

    #draw() {
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      this.#poster = document.createElement("button");
      this.#poster.className = "poster";
      this.#poster.type = "button";
      const korean = (this.closest("[lang]")?.lang ?? "").startsWith("ko");
      this.#poster.ariaLabel = `${this.title || "Sandflow"}: ${korean ? "재생" : "play"}`;
      const picture = document.createElement("img");
      picture.alt = "";
      if (this.hasAttribute("poster")) picture.src = this.getAttribute("poster");
      // Better none than a sign that it is missing.
      picture.addEventListener("error", () => picture.removeAttribute("src"));
      // The colours that the sandbox will have: its link's, or else the reader's own, whatever the page has around it.
      this.#poster.style.colorScheme = /[#&]theme=(light|dark)/.exec(this.getAttribute("src"))?.[1] ?? "";
      const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      sign.setAttribute("viewBox", "0 0 24 24");
      const triangle = document.createElementNS("http://www.w3.org/2000/svg", "path");
      triangle.setAttribute("d", "M9.500 7v10l8-5z");
      sign.append(triangle);
      this.#poster.append(picture, sign);
      this.#poster.addEventListener("click", () => {
        this.load();
        this.send({ type: "play" });
      });
      root.append(this.#poster);
    }

    // The part after # is the sandbox's; the language, where it says none, is that of the text around it.
    #address() {
      const address = new URL(this.getAttribute("src") || "#", site);
      const lang = this.closest("[lang]")?.lang.slice(0, 2).toLowerCase();
      if (/^(en|ko)$/.test(lang) && !/[#&]lang=/.test(address.hash))
        address.hash = `${address.hash.slice(1)}${address.hash.length > 1 ? "&" : ""}lang=${lang}`;
      return address.href;
    }

    #size() {
      const pixels = (name) => (/^\d+$/.test(this.getAttribute(name) ?? "") ? `${this.getAttribute(name)}px` : "");
      this.style.width = pixels("width");
      this.style.height = pixels("height") || `${this.#wish ?? 480}px`;
    }

    #hear = ({ source, data }) => {
      if (!this.#frame || source !== this.#frame.contentWindow || data?.sandflow !== 1) return;
      if (data.type === "ready") {
        this.#ready = true;
        this.#poster.hidden = true;
        for (const message of this.#waiting.splice(0)) this.send(message);
      } else if (data.type === "height") {
        this.#wish = Math.min(Math.max(Number(data.height) || 480, 120), 4000);
        this.#size();
      } else if (data.type === "state") {
        share(this, { ...data.settings, play: data.playing });
      } else if (data.type === "error") {
        this.due.clear();
      }
      this.dispatchEvent(new CustomEvent(data.type, { detail: data }));
    };
  }

  customElements.define("sandflow-sandbox", Sandbox);
})();
