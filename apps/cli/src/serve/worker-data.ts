/** The data from which a worker of `serve` opens its model. */
import type { SharedOptions } from "../flags/shared.ts";

export type SentModel = {
  /** The model's name, or the folder of its rounded weights. */
  readonly model: string;
  readonly options: Pick<SharedOptions, "trainedContext" | "adapter">;
};
