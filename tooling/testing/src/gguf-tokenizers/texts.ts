/** Texts that tokenizers are compared on: scripts, code, digits, white space, signs, special tokens, and bytes that are no text. */

const prose = [
  "The lighthouse keeper's daughter said she'd counted 1,204 ships; they're all gone now, and we'll wait.",
  "IT'S LATE, HE'LL SAY. I'M SURE YOU'VE HEARD: don't, can't, won't!",
  "camelCase and PascalCaseWords, snake_case_too, HTTPServerError42",
  "Der Müller fährt über die Brücke, natürlich müßig: Äpfel, Öl & Übermut.",
  "L'été dernier, où étais-tu ? Ça m'a plu, naïf garçon.",
  "Съешь ещё этих мягких французских булок, да выпей чаю.",
  "Ο γρήγορος λύκος πηδά πάνω από το τείχος.",
  "האור נדלק בערב, והים שקט.",
  "القمر فوق البحر، والليل طويل ٤٢.",
  "नमस्ते दुनिया, आज मौसम अच्छा है। १२३",
  "今日は天気がいいので、散歩に行きましょう。ﾊﾝｶｸ",
  "春天来了，花开满园。第12章：夜航。",
  "오늘은 바람이 많이 부네요. 한국어 문장입니다.",
  "สวัสดีชาวโลก วันนี้อากาศดี",
  "Xin chào thế giới, hôm nay trời đẹp.",
];

const code = [
  "const sum = (a, b) => a + b; // 3 + 4 = 7\n\tif (x !== y) { return `${x}`; }\n",
  "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n\n\nprint(f(10))",
  '<div class="a b"><p>&nbsp;</p></div>\r\n\r\n<!-- end -->',
  "SELECT * FROM t WHERE id IN (1,22,333,4444,55555) AND name LIKE '%a_b%';",
];

const edges = [
  "",
  " ",
  "  ",
  "a",
  " a",
  "a ",
  "   three before and behind   ",
  "\n",
  "\n\n\n",
  "tabs\t\tand\r\nlines\n\n  indented\n \n",
  "no\u00a0break\u2003em\u2009thin\u3000wide\u0085next\u2028line",
  "0 12 345 6789 12345678901234567890 3.14159 1e-9 ½ ² Ⅷ ١٢٣",
  "!!! ??? ... --- === ###### «quotes» “curly” ‘single’ …",
  "emoji 😀👍🏽 family 👨‍👩‍👧‍👦 flag 🇫🇷 heart ❤️",
  "caf\u00e9 and cafe\u0301, \u1e69 and s\u0323\u0307, \u212b and \u00c5, \ufb01 and fi",
  "zero\u200bwidth\u200djoiner\ufeffmark",
  "\u{1f9ea}\u{20bb7}\u{10348} beyond the plane",
  "aaaaaaa aaaaaaaaaaaaaaaa ababababab -----------",
  "▁ is a piece ▁▁ of others",
  "\u0000\u0001\u007f control",
];

const special = [
  "<s>begin</s>",
  "<|user|>\nHello <|end|>\n<|assistant|>\n",
  "before<|tool|>between <|tool|> behind",
  "<0x41> and <unk> and [PAD7]",
  "many        spaces\n\n\nand   lines",
];

/** Those without special tokens, on which vocabularies are trained. */
export const plainTexts: readonly string[] = [...prose, ...code, ...edges];

/** Every text, in an order that stays. */
export const tokenizerTexts: readonly string[] = [...plainTexts, ...special];
