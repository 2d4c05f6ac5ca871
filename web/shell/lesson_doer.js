// Does what a lesson's blocks ask of the app (the actions of lesson_words.js), and answers their questions.
import { parse, parseActions } from "./lesson_words.js";

export class Doer {
  kept = {};
  #round = 0;  // Grows when another lesson is opened: what the last one began is not gone on with.
  #line = Promise.resolve();  // One after the other, whoever asks.

  constructor(app, openScene) {
    this.app = app;
    this.openScene = openScene;
  }

  begin() {
    this.kept = {};
    ++this.#round;
  }

  now = (before) => ({ state: this.app.state ?? {}, lens: this.app.lens, kept: this.kept, before });

  ask(value, names, before) {
    return parse(value, names)(this.now(before));
  }

  // Until the app has done and told everything so far.
  settle = () => this.app.ask("told", { do: "tell" });

  // Gives what there was to be seen before; nothing if another lesson was opened meanwhile.
  async run(text, names = []) {
    const list = parseActions(text);
    const round = this.#round;
    // Opening runs actions of its own, ahead of these.
    if (list[0]?.name === "scene") await this.openScene();
    const work = async () => {
      await this.settle();
      const before = { state: this.app.state, lens: this.app.lens };
      for (const { name, words } of list) {
        if (round !== this.#round) return undefined;
        await this.#do(name, words, names);
      }
      await this.settle();
      return round === this.#round ? before : undefined;
    };
    this.#line = this.#line.catch(() => {}).then(work);
    return this.#line;
  }

  async #do(name, words, names) {
    const { app } = this;
    const [first, second, third] = words;
    const lens = (verb, more) => app.command({ do: "lens", verb, ...more });
    const own = (node) => ({ init: app.lens?.init, train: app.lens?.train })[node] ?? node;
    const edits = {
      attr: () => ({ edit: "set_attr", node: first, attr: second, text: third }),
      port: () => ({ edit: "set_port", node: first, input: Number(second), literal: third }),
      wire: () => ({ edit: "set_port", node: first, input: Number(second), wire: third }),
    };
    if (edits[name]) {
      app.command({ do: "edit", ...edits[name]() });
      // The lens makes a new session of it in its next frame.
      return app.lens?.on ? this.settle() : undefined;
    }
    switch (name) {
      case "set": return app.set(first, Number.isNaN(Number(second)) ? second : Number(second));
      case "reset": return app.command({ do: "reset" });
      case "train":
        app.command({ do: "train", steps: Number(first) });
        return this.settle();
      case "mode":
        lens(first === "session" ? "on" : "off");
        return this.settle();
      case "fetch": {
        await this.settle();
        for (const node of app.lens?.fetches ?? []) lens("unfetch", { node });
        for (const node of first.split(/\s+/).filter(Boolean)) lens("fetch", { node: own(node) });
        return;
      }
      case "keep":
        await this.settle();
        this.kept[first] = this.ask(second, names);
        return;
      case "feed":
      case "load": return lens(name, { node: first, text: second });
      case "unfeed": return lens(name, { node: first });
      case "run":
      case "init":
        lens(name);
        return this.settle();
      case "renew": return lens(name);
    }
  }
}
