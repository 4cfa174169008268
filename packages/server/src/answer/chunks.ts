/** The pieces of a run as an answer: as chunks while they come, or as one object at the end. */
import { usageObject, type Choice, type Form, type Writing } from "./forms.ts";
import type { Piece, Pieces, Usage } from "./pieces.ts";

/** @param withUsage - whether a last chunk has the usage; in all other chunks the usage is null then, as in OpenAI's */
export const chunksOf = async function* (
  { form, writing, withUsage }: { readonly form: Form; readonly writing: Writing; readonly withUsage: boolean },
  pieces: Pieces,
): AsyncGenerator<object, void, undefined> {
  const asChunk = (chunk: object): object => (withUsage ? { ...chunk, usage: null } : chunk);
  const { head } = writing;
  /** The length of each started answer so far, in characters. */
  const lengths = new Map<number, number>();
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) {
        if (withUsage) yield { ...form.last(head), usage: usageObject(value) };
        return;
      }
      const { index } = value;
      const from = lengths.get(index) ?? 0;
      if (!lengths.has(index) && form.begin) yield asChunk(form.begin(head, index));
      lengths.set(index, from + (value.kind === "text" ? value.text.length : 0));
      yield asChunk(form.chunk(writing, value, from));
    }
  } finally {
    await pieces.return(undefined as never);
  }
};

const choicesOf = (pieces: readonly Piece[]): readonly Choice[] => {
  const ends = pieces.filter((piece) => piece.kind === "end");
  return ends.map(({ index, reason }) => {
    const own = pieces.filter((piece) => piece.kind === "text").filter((piece) => piece.index === index);
    return { index, reason, text: own.map(({ text }) => text).join(""), tokens: own.flatMap(({ tokens }) => tokens) };
  });
};

export const wholeOf = async (
  { form, writing }: { readonly form: Form; readonly writing: Writing },
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
  return { ...form.whole(writing, choicesOf(all)), usage: usageObject(usage) };
};
