/** Logits of both small models that were trained, up to lengths far beyond what they were trained on. */
import {
  extensionOf,
  storiesExtensions,
  type PasskeyGolden,
  type StoriesGolden,
} from "@ropewalk/testing/goldens/golden-cases";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { compare } from "./goldens.ts";
import type { Check, Place } from "./place.ts";

export const passkeyFolder = "packages/tiny-models/passkey-875k";

export const passkeyCases = async ({ json }: Place): Promise<readonly PasskeyGolden[]> =>
  ((await json(`${tinyModelGoldens}/passkey-875k/golden-logits.json`)) as { cases: PasskeyGolden[] }).cases;

const passkeyCheck = (name: string, wanted: (golden: PasskeyGolden) => boolean, slow: boolean): Check => ({
  name: `passkey875k, ${name}`,
  slow,
  run: async (place) => {
    const golden = (await passkeyCases(place)).find(wanted)!;
    const rows = { [golden.midIndex]: golden.logitsMid, [golden.length - 1]: golden.logitsLast };
    const given = { extension: extensionOf(golden.method), ids: golden.inputIds, rows };
    await compare(place, passkeyFolder, [given], 64);
  },
});

const storiesFolder = "packages/tiny-models/stories260K";

/** The losses of 800 tokens and two rows of logits; or the losses of so many tokens from the start. */
const storiesCheck = (name: string, key: string, numTokens = 800): Check => ({
  name: `stories260K, ${numTokens} tokens, ${name}`,
  slow: numTokens === 800,
  run: async (place) => {
    const { ids, cases } = (await place.json(`${tinyModelGoldens}/stories260K/golden.json`)) as StoriesGolden;
    const { nll, logits_600, logits_last } = cases[key]!;
    const rows = numTokens === 800 ? { 600: logits_600, [nll.length - 1]: logits_last } : {};
    const losses = nll.slice(0, numTokens);
    await compare(place, storiesFolder, [{ extension: storiesExtensions[key]!, ids, rows, losses }], 200);
  },
});

const passkeys: readonly (readonly [length: number, extended: boolean])[] = [
  [86, false],
  [241, false],
  [241, true],
  [693, true],
  [988, false],
  [988, true],
  [1488, true],
];

export const smallModelChecks: readonly Check[] = [
  ...passkeys.map(([length, extended]) =>
    passkeyCheck(
      `${length} tokens, ${extended ? "extended" : "plain"}`,
      (golden) => golden.length === length && (golden.method.groupSize !== null) === extended,
      // Longer texts run the same shaders.
      length > 700 || (!extended && length > 500),
    ),
  ),
  storiesCheck("plain", "vanilla"),
  // Beyond the window, with tokens that have settled.
  storiesCheck("SelfExtend, groups of 4", "se_W64_G4", 320),
  storiesCheck("SelfExtend, groups of 4", "se_W64_G4"),
  storiesCheck("SelfExtend, groups of 8", "se_W128_G8"),
  storiesCheck("SelfExtend, groups of 7", "se_W100_G7"),
  storiesCheck("a window of 512", "window512"),
];
