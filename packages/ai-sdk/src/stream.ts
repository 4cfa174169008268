/**
 * A run as a stream of the SDK's parts:
 *
 *   stream-start  response-metadata  text-start  text-delta…  text-end  finish
 *
 * A piece is computed when the reader asks for it. An error after the first piece becomes an error part, which ends the stream. An abort
 * makes the stream fail with the signal's reason, as a broken connection would.
 */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { unknownUsage } from "./result.ts";

export type Streamed = {
  /** Parts before the text. */
  readonly head: readonly LanguageModelV4StreamPart[];
  readonly pieces: AsyncGenerator<string, void, undefined>;
  readonly raw: boolean;
  readonly finish: () => LanguageModelV4StreamPart;
  /** Ends the run. */
  readonly abort: (reason: unknown) => void;
  readonly isAborted: () => boolean;
};

const id = "0";

const parts = async function* (
  { head, pieces, raw, finish, isAborted }: Streamed,
  first: IteratorResult<string, void>,
): AsyncGenerator<LanguageModelV4StreamPart, void, undefined> {
  yield* head;
  let begun = false;
  try {
    for (let next = first; next.done !== true; next = await pieces.next()) {
      if (!begun) yield { type: "text-start", id };
      begun = true;
      if (raw) yield { type: "raw", rawValue: next.value };
      yield { type: "text-delta", id, delta: next.value };
    }
    if (begun) yield { type: "text-end", id };
    yield finish();
  } catch (error) {
    if (isAborted()) throw error;
    yield { type: "error", error };
    yield { type: "finish", finishReason: { unified: "error", raw: undefined }, usage: unknownUsage };
  } finally {
    await pieces.return();
  }
};

/** The stream. It rejects when the run fails before its first piece. */
export const streamOf = async (streamed: Streamed): Promise<ReadableStream<LanguageModelV4StreamPart>> => {
  const all = parts(streamed, await streamed.pieces.next());
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      pull: async (controller) => {
        const { done, value } = await all.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => {
        streamed.abort(reason);
        await all.return();
      },
    },
    { highWaterMark: 0 },
  );
};
