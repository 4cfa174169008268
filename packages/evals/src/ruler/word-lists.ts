/** Common English words: the 2,048 of BIP-39, 3 to 8 letters each, no two alike in their first four. */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { pick, type Random } from "./random-draws.ts";

export const commonWords: readonly string[] = wordlist;

/** Two words as one, of which there are four million. */
export const wordPair = (random: Random): string => `${pick(random, commonWords)}-${pick(random, commonWords)}`;
