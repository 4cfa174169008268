/**
 * Whether what a token adds to a text depends on its neighbours alone. A decoder is a chain of steps over a list of strings, at first
 * one a token. A step that looks at each string by itself is local as long as each is a token's; behind a step that joins them, one
 * that looks for a pattern may find it across any cut.
 */

type Chain = { readonly local: boolean; readonly joined: boolean };
type Step = { readonly type: string; readonly [key: string]: unknown };

const whole: Chain = { local: false, joined: true };
/** The same for every token, wherever it stands. */
const byToken = (chain: Chain): Chain => (chain.joined ? whole : chain);

/** What each kind of decoder does to the chain; one that is not here is taken to depend on everything. */
const steps: Readonly<Record<string, (chain: Chain, step: Step) => Chain>> = {
  ByteLevel: ({ local }) => ({ local, joined: true }),
  // A run of bytes is one text, whose beginning stays as it is; behind a joined text it would look at that text as one token.
  ByteFallback: (chain) => (chain.joined ? whole : { ...chain, joined: true }),
  Fuse: ({ local }) => ({ local, joined: true }),
  Metaspace: (chain, { replacement = "\u2581" }) =>
    chain.joined && (replacement as string).length > 1 ? whole : chain,
  Replace: byToken,
  WordPiece: byToken,
  // Cuts a text's ends only.
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
  // The suffix is looked for in the whole text, whose ends are trimmed.
  !model.end_of_word_suffix && (decoder === null || follow({ local: true, joined: false }, decoder as Step).local);
