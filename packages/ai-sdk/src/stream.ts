/**
 * A run as a stream of the SDK's parts:
 *
 *   stream-start  response-metadata  text-start  text-delta…  text-end  finish
 *
 * The next piece is computed when it is asked for. An error behind the first piece is a part, and the stream ends by it; an abort
 * breaks the stream with the signal's reason, as a broken connection would.
 */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { unknownUsage } from "./result.ts";

export type Streamed = {
  /** Parts before the text. */
  readonly head: readonly LanguageModelV4StreamPart[];
  readonly pieces: AsyncGenerator<string, void, undefined>;
  readonly raw: boolean;
  readonly finish: () => LanguageModelV4StreamPart;
  /** Ends the run, wherever it is. */
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

/** Rejects with what goes wrong before the first piece. */
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
