// The app in its worker, as the page sees it: commands go in, messages come out, the latest state is kept.
export class App {
  state = undefined;
  catalog = undefined;
  worker = new Worker(new URL("worker.js", import.meta.url));
  #listeners = new Map();
  #asked = new Map();

  constructor() {
    this.ready = new Promise((done) => this.on("state", done));
    this.worker.addEventListener("message", ({ data }) => {
      if (data.type === "outbox") for (const message of JSON.parse(data.json)) this.#hear(message);
      else this.#hear(data);
    });
    this.worker.addEventListener("error", (event) => {
      this.#hear({ type: "failed", text: event.message ?? "shell/worker.js" });
    });
  }

  on(type, listener) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type).add(listener);
  }

  // The next message of a type.
  next(type) {
    return new Promise((done) => {
      const once = (message) => {
        this.#listeners.get(type).delete(once);
        done(message);
      };
      this.on(type, once);
    });
  }

  // The answer to a command, a message of this type: answers come in the order of the commands.
  ask(type, command) {
    const answer = new Promise((done) => {
      if (!this.#asked.has(type)) this.#asked.set(type, []);
      this.#asked.get(type).push(done);
    });
    this.command(command);
    return answer;
  }

  send(message, transfer = []) {
    this.worker.postMessage(message, transfer);
  }

  command(command) {
    this.send({ type: "command", command });
  }

  set(key, value) {
    this.command({ do: "set", key, value });
  }

  // The scene as JSON text.
  async save() {
    return (await this.ask("saved", { do: "save" })).json;
  }

  #hear(message) {
    // Nodes are sent only when they have changed.
    if (message.type === "state") this.state = { ...this.state, ...message };
    if (message.type === "catalog") this.catalog = message;
    const heard = message.type === "state" ? this.state : message;
    this.#asked.get(message.type)?.shift()?.(heard);
    for (const listener of [...(this.#listeners.get(message.type) ?? [])]) listener(heard);
  }
}
