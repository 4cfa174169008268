/**
 * What the model learns from: filler with a key between its sentences, the question for it and its answer, and filler behind them up to
 * the window. The length of what stands before is drawn anew each time, and is the whole window in one sample of a few: so a question
 * stands at every place of the window, and its key anywhere before it.
 *
 * Learned are digits that can be known: where the key is stated again, and where it is asked for. Next to them filler is nearly all of a
 * text, and what there is to learn of it drowns the keys; so it is learned in few samples, from beginning to end.
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

/** Tokens, and what is learned of them. */
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
  // It starts badly from small seeds.
  random.jump();
  const known = new Map<string, Ids>();
  /** The tokens of a piece of text, which are the same wherever it stands: a word is a token. */
  const idsOf = (text: string): Ids => {
    const ids = known.get(text) ?? codec.encode(text, { specialTokens: false });
    if (known.size < 50_000) known.set(text, ids);
    return ids;
  };
  const beginning = unlearned(codec.encode(""));

  /** How a key is stated and asked for. It can be known from where it was stated on. */
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
