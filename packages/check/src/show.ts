/** Characters that move a terminal's cursor or end a line. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The text with control characters escaped, which a terminal would obey. */
export const withoutControls = (text: string): string => text.replace(control, escape);

/** A name from a file or a caller, safe to print: on one line, without control characters, at most 200 characters long. */
export const showName = (name: string): string => withoutControls(name.length > 200 ? `${name.slice(0, 200)}…` : name);

/** What kind of object a value is, such as Array or Float32Array. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** The noun with its indefinite article. */
export const articled = (noun: string): string =>
  noun === "Array" ? "an array" : `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;

const showOne = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    const short = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    return `"${showName(short.replace(/["\\]/g, "\\$&"))}"`;
  }
  if (typeof value === "function") return `the function ${showName(value.name)}`.trimEnd();
  if (typeof value === "object" && value !== null) {
    const tag = tagOf(value);
    return articled(tag === "Object" ? "object" : showName(tag));
  }
  return String(value);
};

/** Any value as errors show it: short, and on one line. */
export const show = (value: unknown): string => {
  if (!Array.isArray(value)) return showOne(value);
  const shown = value.slice(0, 8).map(showOne);
  return `[${(value.length > 8 ? [...shown, "…"] : shown).join(", ")}]`;
};
