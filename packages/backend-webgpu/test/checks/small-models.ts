/** Logits of both small models that were trained, up to lengths far beyond what they were trained on. */
import { selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/decoder";
import { compare, extensionOf, type Method } from "./goldens.ts";
import type { Check, Place } from "./place.ts";

type PasskeyCase = {
  readonly method: Method;
  readonly length: number;
  readonly inputIds: readonly number[];
  readonly answerIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly logitsMid: readonly number[];
  readonly midIndex: number;
};

export const passkeyFolder = "packages/tiny-models/passkey-875k";

export const passkeyCases = async ({ json }: Place): Promise<readonly PasskeyCase[]> =>
  ((await json("packages/tiny-models/test/vectors/passkey-875k/golden-logits.json")) as { cases: PasskeyCase[] }).cases;

const passkeyCheck = (name: string, wanted: (golden: PasskeyCase) => boolean): Check => ({
  name: `passkey875k, ${name}`,
  run: async (place) => {
    const golden = (await passkeyCases(place)).find(wanted)!;
    const rows = { [golden.midIndex]: golden.logitsMid, [golden.length - 1]: golden.logitsLast };
    const given = { extension: extensionOf(golden.method), ids: golden.inputIds, rows };
    await compare(place, passkeyFolder, [given], 64);
  },
});

type Story = {
  readonly nll: readonly number[];
  readonly logits_600: readonly number[];
  readonly logits_last: readonly number[];
};
type Stories = { readonly ids: readonly number[]; readonly cases: Readonly<Record<string, Story>> };

const storiesFolder = "packages/tiny-models/stories260K";

const storiesCheck = (name: string, key: string, extension: ContextExtension): Check => ({
  name: `stories260K, 800 tokens, ${name}`,
  run: async (place) => {
    const { ids, cases } = (await place.json("packages/tiny-models/test/vectors/stories260K/golden.json")) as Stories;
    const { nll, logits_600, logits_last } = cases[key]!;
    const rows = { 600: logits_600, [nll.length - 1]: logits_last };
    await compare(place, storiesFolder, [{ extension, ids, rows, losses: nll }], 200);
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
    ),
  ),
  storiesCheck("plain", "vanilla", {}),
  storiesCheck("SelfExtend, groups of 4", "se_W64_G4", selfExtend({ groupSize: 4, window: 64 })),
  storiesCheck("SelfExtend, groups of 8", "se_W128_G8", selfExtend({ groupSize: 8, window: 128 })),
  storiesCheck("SelfExtend, groups of 7", "se_W100_G7", selfExtend({ groupSize: 7, window: 100 })),
  storiesCheck("a window of 512", "window512", slidingWindow({ window: 512 })),
];
