/** Ways to cut a text that the metrics share: by white space, by lines, by sets of characters. All count code points, not UTF-16 units. */

/** As in Python, the four separators U+001C to U+001F and U+0085 are white space too, and the byte order mark is not. */
const separators = new Set("\u001C\u001D\u001E\u001F\u0085");
const byteOrderMark = "\uFEFF";

const isWhiteSpace = (character: string): boolean =>
  (character !== byteOrderMark && /\s/u.test(character)) || separators.has(character);

/** The words between white space. */
export const wordsOf = (text: string): readonly string[] => {
  const words: string[] = [];
  let word = "";
  for (const character of text)
    if (!isWhiteSpace(character)) word += character;
    else if (word !== "") {
      words.push(word);
      word = "";
    }
  return word === "" ? words : [...words, word];
};

/** The lines of a text, without the line breaks that it begins with. */
export const linesOf = (text: string): readonly string[] => text.replace(/^\n+/, "").split("\n");

/** The punctuation of ASCII. */
export const asciiPunctuation: RegExp = /[!-/:-@[-`{-~]/g;

/** Chinese punctuation. 《 is missing in LongBench's definition, so it is missing here. */
export const chinesePunctuation: RegExp =
  /[\u2013\u2014\u2018\u2019\u201B-\u201F\u2026\u2027\u3001-\u3003\u300B-\u3011\u3014-\u301F\u3030\u303E\u303F\uFE4F\uFF01-\uFF0D\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF64]/g;

/** Runs of decimal digits, of any script. */
export const numbersIn = (text: string): readonly string[] => text.match(/\p{Nd}+/gu) ?? [];

/** a, an and the, as words of their own. */
export const articles: RegExp = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
