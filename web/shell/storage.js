// What a visitor chose, kept where the browser allows it: in a sandboxed frame storage throws, and choices last a visit.
const visit = new Map();

export function recall(key) {
  try {
    return localStorage.getItem(`sandflow.${key}`) ?? visit.get(key);
  } catch {
    return visit.get(key);
  }
}

export function remember(key, value) {
  visit.set(key, value);
  try {
    localStorage.setItem(`sandflow.${key}`, value);
  } catch {
    // The visit remembers it.
  }
}
