/**
 * Decides whether the text that a token adds depends on its neighbours alone. A decoder is a chain of steps over a list of strings, at first
 * one string for each token. A step that looks at each string by itself is local as long as each string is one token. After a step that joins
 * strings, a step that looks for a pattern may find it across any cut.
 */

type Chain = { readonly local: boolean; readonly joined: boolean };
type Step = { readonly type: string; readonly [key: string]: unknown };

const whole: Chain = { local: false, joined: true };
/** A step that treats every token alike, wherever it stands. */
const byToken = (chain: Chain): Chain => (chain.joined ? whole : chain);

/** The effect of each kind of decoder on the chain. A kind that is not listed is assumed to depend on the whole text. */
const steps: Readonly<Record<string, (chain: Chain, step: Step) => Chain>> = {
  ByteLevel: ({ local }) => ({ local, joined: true }),
  // Bytes in a row make one text, whose beginning does not change. After a joining step, the joined text would count as one token.
  ByteFallback: (chain) => (chain.joined ? whole : { ...chain, joined: true }),
  Fuse: ({ local }) => ({ local, joined: true }),
  Metaspace: (chain, { replacement = "\u2581" }) =>
    chain.joined && (replacement as string).length > 1 ? whole : chain,
  Replace: byToken,
  WordPiece: byToken,
  // Cuts only the ends of a text.
  Strip: (chain) => chain,
  Sequence: (chain, { decoders }) => (decoders as readonly Step[]).reduce(follow, chain),
};

const follow = (chain: Chain, step: Step): Chain =>
  Object.hasOwn(steps, step.type) ? steps[step.type]!(chain, step) : whole;

/** @param tokenizer - the checked tokenizer.json */
export const decodesLocally = ({
  decoder,
  model,
}: {
  readonly decoder: object | null;
  readonly model: { readonly end_of_word_suffix?: unknown };
}): boolean =>
  // The suffix is searched in the whole text, whose ends are trimmed.
  !model.end_of_word_suffix && (decoder === null || follow({ local: true, joined: false }, decoder as Step).local);
