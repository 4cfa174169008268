/** Pieces as an answer: chunk by chunk as they come, or whole when all are there. */
import { usageObject, type Choice, type Form, type Head } from "./forms.ts";
import type { Piece, Pieces, Usage } from "./pieces.ts";

/** @param withUsage - whether a last chunk says what it took; all others say null, as OpenAI's do */
export const chunksOf = async function* (
  { form, head, withUsage }: { readonly form: Form; readonly head: Head; readonly withUsage: boolean },
  pieces: Pieces,
): AsyncGenerator<object, void, undefined> {
  const asChunk = (chunk: object): object => (withUsage ? { ...chunk, usage: null } : chunk);
  const begun = new Set<number>();
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) {
        if (withUsage) yield { ...form.last(head), usage: usageObject(value) };
        return;
      }
      if (!begun.has(value.index)) {
        begun.add(value.index);
        if (form.begin) yield asChunk(form.begin(head, value.index));
      }
      yield asChunk(form.chunk(head, value));
    }
  } finally {
    await pieces.return(undefined as never);
  }
};

const choicesOf = (pieces: readonly Piece[]): readonly Choice[] => {
  const ends = pieces.filter((piece) => piece.kind === "end");
  return ends.map(({ index, reason }) => {
    const own = pieces.filter((piece) => piece.kind === "text" && piece.index === index);
    return { index, text: own.map((piece) => (piece.kind === "text" ? piece.text : "")).join(""), reason };
  });
};

export const wholeOf = async (
  { form, head }: { readonly form: Form; readonly head: Head },
  pieces: Pieces,
): Promise<object> => {
  const all: Piece[] = [];
  let usage: Usage;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) {
      usage = value;
      break;
    }
    all.push(value);
  }
  return { ...form.whole(head, choicesOf(all)), usage: usageObject(usage) };
};
