/** Finds a key that an object of a JSON text has twice. A parser would keep the last one without an error. */

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The index behind the closing quote of the text that begins with a quote at `from`. */
const endOfText = (json: string, from: number): number => {
  let at = from + 1;
  for (let code = json.charCodeAt(at); code !== quote; code = json.charCodeAt(at)) at += code === backslash ? 2 : 1;
  return at + 1;
};

/**
 * The first key that an object repeats, at any depth.
 *
 * @param json - a text that parses
 */
export const repeatedKey = (json: string): string | undefined => {
  // A set of keys for each object or list that is open; undefined until it has a key.
  const open: (Set<string> | undefined)[] = [];
  let [textFrom, textTo] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === quote) {
      [textFrom, textTo] = [at, endOfText(json, at)];
      at = textTo - 1;
    } else if (character === openObject || character === openList) open.push(undefined);
    else if (character === closeObject || character === closeList) open.pop();
    else if (character === colon) {
      const key = JSON.parse(json.slice(textFrom, textTo)) as string;
      const keys = open.pop() ?? new Set();
      if (keys.has(key)) return key;
      keys.add(key);
      open.push(keys);
    }
  }
  return undefined;
};
