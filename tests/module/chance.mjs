// Seeded chance for the fuzzing tests in Node: the same inputs every time.
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {  // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return { next, below, of: (list) => list[below(list.length)], maybe: (share) => next() < share };
}

const odd = ["", "%", "%zz", "%F0%9F", "#", "&", "=", "+", "__proto__", "constructor", "\u0000", "한글", "🙂", "NaN", "-0", "1e999", "[]", "{}", "<b>", "..", "*"];

// A text with some of its characters exchanged, dropped, doubled, or grown by what is likely to hurt.
export function mutated(text, { below, of }) {
  let made = text;
  for (let times = 1 + below(4); times > 0; times--) {
    const from = below(made.length + 1);
    const to = Math.min(made.length, from + below(8));
    const middle = [of(odd), made.slice(from, to).repeat(2), String.fromCharCode(below(256)), ""][below(4)];
    made = made.slice(0, from) + middle + made.slice(to);
  }
  return made;
}
