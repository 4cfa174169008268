/**
 * The samples that the model learns from: filler with a key between its sentences, the question for the key with its answer, and filler up
 * to the window's end. The length of the part before the question is drawn at random, and in one sample of a few it is the whole window.
 * So questions stand at every place of the window, and keys anywhere before them.
 *
 * The model learns the digits that can be known: where the key is stated again, and where it is asked for. Filler is nearly all of a text,
 * and learning it everywhere would drown the keys; so only a few samples are learned from beginning to end.
 */
import { passkeyIn, type PasskeyLanguage } from "@ropewalk/evals";
import type { Sample } from "@ropewalk/finetune";
import type { TextCodec } from "@ropewalk/generation";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

type Ids = readonly number[];

export type SamplesConfig = {
  readonly language: PasskeyLanguage;
  readonly codec: TextCodec;
  readonly count: number;
  /** Tokens of a sample. */
  readonly seqLen: number;
  /** The fewest tokens of a prompt and its answer, where the key takes no more. */
  readonly shortest: number;
  /** One sample of so many has a prompt as long as the window. */
  readonly fullEvery: number;
  /** Of so many samples two are learned from beginning to end. Absent: none. */
  readonly wholeEvery?: number;
  readonly seed: number;
};

/** Tokens and their labels. */
type Part = { readonly ids: Ids; readonly labels: Ids };

type Stated = { readonly needle: Part; readonly question: Part };

const nothing = -100;

const unlearned = (ids: Ids): Part => ({ ids, labels: ids.map(() => nothing) });

const joined = (parts: readonly Part[]): Part => ({
  ids: parts.flatMap(({ ids }) => ids),
  labels: parts.flatMap(({ labels }) => labels),
});

export const passkeySamples = (config: SamplesConfig): readonly Sample[] => {
  const { language, codec, count, seqLen, shortest, fullEvery, wholeEvery, seed } = config;
  const { sentence, key } = passkeyIn(language);
  const random = xoroshiro128plus(seed);
  // Its first numbers are poor after a small seed.
  random.jump();
  const known = new Map<string, Ids>();
  /** The tokens of a piece of text. A word is a token, so they are the same wherever the text stands. */
  const idsOf = (text: string): Ids => {
    const ids = known.get(text) ?? codec.encode(text, { specialTokens: false });
    if (known.size < 50_000) known.set(text, ids);
    return ids;
  };
  const beginning = unlearned(codec.encode(""));

  /** A statement of a new key and the question for it. Only the first statement cannot be known. */
  const stated = (needle: string, question: string): Stated => {
    const digits = idsOf(key(random));
    const learned = { ids: digits, labels: digits };
    const [before, ...between] = needle.split("{key}").map((text) => unlearned(idsOf(text)));
    return {
      needle: joined([before!, ...between.flatMap((text, place) => [place === 0 ? unlearned(digits) : learned, text])]),
      question: joined([unlearned(idsOf(question)), learned]),
    };
  };

  const sample = (index: number): Sample => {
    const { needle, question } = stated(language.needle, language.question);
    const length = index % fullEvery === 1 ? seqLen : uniformInt(random, shortest, seqLen);
    let room = length - [beginning, needle, question].reduce((sum, { ids }) => sum + ids.length, 0);
    const body: Part[] = [];
    for (let next = idsOf(sentence(random)); next.length <= room; next = idsOf(sentence(random))) {
      body.push(unlearned(next));
      room -= next.length;
    }
    body.splice(uniformInt(random, 0, body.length), 0, needle);

    const ids: number[] = [];
    const labels: number[] = [];
    const append = (part: Part): void => {
      ids.push(...part.ids);
      labels.push(...part.labels);
    };
    for (const part of [beginning, ...body, question]) append(part);
    while (ids.length < seqLen) append(unlearned(idsOf(sentence(random))));
    const whole = wholeEvery !== undefined && index % wholeEvery < 2;
    return { ids: ids.slice(0, seqLen), ...(!whole && { labels: labels.slice(0, seqLen) }) };
  };
  return Array.from({ length: count }, (_, index) => sample(index));
};
