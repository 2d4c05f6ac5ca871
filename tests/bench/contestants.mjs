// The benchmark's C++ half - Sandflow, and Eigen by hand - as seen from JavaScript: as WebAssembly, or as a native process.
// Either way it is asked in lines of text (main.cpp says which), and `memory` shows WebAssembly's numbers.

export async function startModule(bytes) {
  let exports;
  // It reads no files; whatever it is linked to that would gets nothing. It prints only why it stops.
  const stop = () => {
    throw new Error("a check in the benchmark's C++ half failed");
  };
  const nothing = new Proxy({}, { get: (_, name) => (name === "fd_write" ? stop : () => 0) });
  const imports = { wasi_snapshot_preview1: nothing, env: nothing };
  ({ exports } = (await WebAssembly.instantiate(bytes, imports)).instance);
  exports._initialize();
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    ask(request) {
      const text = encoder.encode(request);
      const at = exports.room(text.length);
      new Uint8Array(exports.memory.buffer, at, text.length).set(text);
      const answer = exports.answer();
      const memory = new Uint8Array(exports.memory.buffer);
      return decoder.decode(memory.slice(answer, memory.indexOf(0, answer)));
    },
    // A copy of numbers that C++ told the address of.
    numbers: (Type, [address, count]) => new Type(exports.memory.buffer, address, count).slice(),
    stop() {},
  };
}

export async function startProcess(program) {
  const { spawn } = await import("node:child_process");
  const { createInterface } = await import("node:readline");
  const process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      process.stdin.write(`${request}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} stopped at: ${request}`);
      return value;
    },
    stop: () => process.stdin.end(),
  };
}

// One of its trials: { run(times), value(), work(), close() }, all of them promises.
export async function openTrial(half, contestant, kind, number = 0) {
  const trial = await half.ask(`open ${contestant} ${kind} ${number}`);
  return {
    run: (times) => half.ask(`run ${trial} ${times}`),
    value: async () => Number(await half.ask(`value ${trial}`)),
    work: async () => Number(await half.ask(`work ${trial}`)),
    close: () => half.ask(`close ${trial}`),
  };
}
