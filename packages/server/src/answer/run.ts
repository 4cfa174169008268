/** A job on a model: its prompts one after another, each answered n times. */
import { textStream, type GenerateOptions, type GenerationStats } from "@ropewalk/generation";
import type { Job } from "../body/job.ts";
import type { ServedModel } from "../models.ts";
import type { Pieces } from "./pieces.ts";

type Ran = Pick<GenerationStats, "newTokens" | "finish">;

export const runJob = async function* (model: ServedModel, job: Job, signal: AbortSignal): Pieces {
  const usage = { promptTokens: 0, cachedTokens: 0, newTokens: 0 };
  let index = 0;
  for (const ids of job.prompts) {
    usage.promptTokens += ids.length;
    const room = model.extended.capacity - ids.length;
    const maxNewTokens = Math.min(job.maxNewTokens ?? room, room);
    for (let answer = 0; answer < job.n; answer++) {
      let ran: Ran | undefined;
      const options: GenerateOptions = {
        ...{ maxNewTokens, sampling: job.sampling(index), signal },
        onDone: (stats) => (ran = stats),
      };
      const tokens = model.generateTokens(ids, options);
      for await (const text of textStream(model.text!, tokens)) yield { kind: "text", index, text };
      const { newTokens, finish } = ran!;
      usage.newTokens += newTokens;
      yield { kind: "end", index, reason: finish };
      index += 1;
    }
  }
  return usage;
};
