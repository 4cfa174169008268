/** What a worker of `serve` is told of the model that it opens. */
import type { SharedOptions } from "../flags/shared.ts";

export type SentModel = {
  /** As it was named, or the folder of its rounded weights. */
  readonly model: string;
  readonly options: Pick<SharedOptions, "trainedContext" | "adapter">;
};
