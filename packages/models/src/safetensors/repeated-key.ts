/** Keys that stand twice in an object of a JSON text; a parser keeps the last one and says nothing. */

/** Where the text that begins with a quote at `from` ends, its closing quote included. */
const endOfText = (json: string, from: number): number => {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
};

/**
 * The first key that an object repeats, at any depth.
 *
 * @param json - a text that parses
 */
export const repeatedKey = (json: string): string | undefined => {
  // One set of keys an open object; an array has one too, and it stays empty.
  const open: Set<string>[] = [];
  let [textFrom, textTo] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      [textFrom, textTo] = [at, endOfText(json, at)];
      at = textTo - 1;
    } else if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    else if (character === ":") {
      const key = JSON.parse(json.slice(textFrom, textTo)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
};
