/**
 * Decides whether a pattern of a tokenizer.json ends in reasonable time. A backtracking engine tries every way to cut a text. A repeated group
 * that itself repeats or chooses can be cut in exponentially many ways, and k repeats in a row in n^k ways.
 */

/** How many repeats there may be in a row. The patterns of published tokenizers have two. */
const mostRepeats = 3;
/** How many options, choices and repeats there may be in a row: k of them make 2^k ways. */
const mostChoices = 12;
/** How many characters a pattern may have. Published tokenizers have hundreds. */
const mostCharacters = 10_000;
/** How deep groups may be nested. */
const mostDepth = 50;

/** How many repeats, and how many choices of any kind, a part of a pattern has in a row. */
type Counts = { readonly repeats: number; readonly choices: number };
type Open = { here: Counts; most: Counts; alternatives: number };

const none: Counts = { repeats: 0, choices: 0 };
const opened = (): Open => ({ here: none, most: none, alternatives: 1 });
const larger = (a: Counts, b: Counts): Counts => ({
  repeats: Math.max(a.repeats, b.repeats),
  choices: Math.max(a.choices, b.choices),
});

const quantifier = /([*+?]|\{(\d*)(,?)(\d*)\})[?+]?/y;

/** The quantifier at `at`: in how many ways it repeats (`{3}` in one, `{1,3}` in a few, `*` in many), how often at most, and its end. */
const quantifierAt = (source: string, at: number) => {
  quantifier.lastIndex = at;
  const found = quantifier.exec(source);
  if (found === null) return { ways: 1, most: 1, end: at };
  const [, sign, least, comma, most] = found;
  const end = quantifier.lastIndex;
  if (sign === "?") return { ways: 2, most: 1, end };
  if (comma === "") return { ways: 1, most: Number(least), end };
  const last = sign === "*" || sign === "+" || most === "" ? Infinity : Number(most);
  return { ways: last - Number(least ?? 0) + 1, most: last, end };
};

/** The end of the character class that begins at `at`. Classes inside it are skipped. */
const classEnd = (source: string, at: number): number => {
  let depth = 0;
  for (let place = at; place < source.length; place++) {
    if (source[place] === "\\") place += 1;
    else if (source[place] === "[") depth += 1;
    else if (source[place] === "]") depth -= 1;
    if (depth === 0) return place + 1;
  }
  return source.length;
};

const groupStart = /^\(\?(?:<?[=!]|<[^>]*>|[a-z-]*:|>)/;
const escaped = /^\\(?:[pPxu]\{[^}]*\}|.)/su;

/** The end of the single character, class or escape that begins at `at`. */
const atomEnd = (source: string, at: number): number => {
  if (source[at] === "[") return classEnd(source, at);
  if (source[at] === "\\") return at + (escaped.exec(source.slice(at, at + 100))?.[0].length ?? 2);
  return at + 1;
};

/** The same pattern without captures, so that splitting by it does not keep its groups. */
export const withoutCaptures = (source: string): string => {
  let out = "";
  for (let at = 0; at < source.length;) {
    const end = atomEnd(source, at);
    const opens = source[at] === "(" && source[at + 1] !== "?";
    out += opens ? "(?:" : source.slice(at, end);
    at = end;
  }
  return out;
};

/** The rule that a pattern breaks. Undefined where the pattern ends in reasonable time. */
export const unsafeRegex = (source: string): string | undefined => {
  if (source.length > mostCharacters) return `a pattern of at most ${mostCharacters} characters`;
  const open: Open[] = [opened()];
  let at = 0;
  while (at < source.length) {
    const group = open.at(-1)!;
    let inner = none;
    if (source[at] === "(") {
      open.push(opened());
      if (open.length > mostDepth) return `a pattern of at most ${mostDepth} groups in groups`;
      at += groupStart.exec(source.slice(at, at + 100))?.[0].length ?? 1;
      continue;
    }
    if (source[at] === "|") {
      [group.most, group.here] = [larger(group.most, group.here), none];
      group.alternatives += 1;
      at += 1;
      continue;
    }
    if (source[at] === ")" && open.length > 1) {
      open.pop();
      const { repeats, choices } = larger(group.most, group.here);
      inner = { repeats, choices: choices + (group.alternatives > 1 ? 1 : 0) };
      at += 1;
    } else at = atomEnd(source, at);
    const { ways, most, end } = quantifierAt(source, at);
    if (most > 3 && inner.choices > 0) return "a pattern that repeats no group which repeats or chooses";
    const outer = open.at(-1)!;
    const times = Math.min(most, 3);
    outer.here = {
      repeats: outer.here.repeats + inner.repeats * times + (ways > 8 ? 1 : 0),
      choices: outer.here.choices + inner.choices * times + (ways > 1 ? 1 : 0),
    };
    if (outer.here.repeats > mostRepeats) return `a pattern with at most ${mostRepeats} repeats in a row`;
    if (outer.here.choices > mostChoices) return `a pattern with at most ${mostChoices} choices in a row`;
    at = end;
  }
  return undefined;
};
