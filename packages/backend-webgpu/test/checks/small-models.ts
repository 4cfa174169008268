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

const storiesCheck = (name: string, key: string, slow = false): Check => ({
  name: `stories260K, 800 tokens, ${name}`,
  slow,
  run: async (place) => {
    const { ids, cases } = (await place.json(`${tinyModelGoldens}/stories260K/golden.json`)) as StoriesGolden;
    const { nll, logits_600, logits_last } = cases[key]!;
    const rows = { 600: logits_600, [nll.length - 1]: logits_last };
    await compare(place, storiesFolder, [{ extension: storiesExtensions[key]!, ids, rows, losses: nll }], 200);
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
      // Long texts under an extension run the same shaders.
      length > 1000 || (!extended && length > 500),
    ),
  ),
  storiesCheck("plain", "vanilla", true),
  storiesCheck("SelfExtend, groups of 4", "se_W64_G4"),
  storiesCheck("SelfExtend, groups of 8", "se_W128_G8", true),
  storiesCheck("SelfExtend, groups of 7", "se_W100_G7", true),
  storiesCheck("a window of 512", "window512"),
];
