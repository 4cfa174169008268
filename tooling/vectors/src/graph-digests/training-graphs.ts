/** The graphs that a checkpoint is trained with: the loss and its gradients, and those of an adapter. */
import { openLossGraph, readParameters, train } from "@ropewalk/finetune";
import { loadModel, needCheckpoint } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { digestOf, type GraphDigest } from "./digest.ts";
import { extensions, selfExtendLogN } from "./extensions.ts";
import { recordingBackend, untilRun } from "./recording-backend.ts";

const [batchSize, seqLen] = [2, 24];

const sample = { ids: Array.from({ length: seqLen }, (_, at) => at % 16) };

export const trainingGraphs = async (name: string, folder: URL): Promise<readonly GraphDigest[]> => {
  const digests: GraphDigest[] = [];
  for (const extension of ["plain", selfExtendLogN, "dual-chunk"]) {
    const { backend, takeGraphs } = recordingBackend();
    const list = (what: string): void => {
      for (const graph of takeGraphs()) digests.push(digestOf(`training/${name}/${extension}/${what}`, graph));
    };
    const model = await loadModel(await openFolder(folder), { backend, extension: extensions[extension]! });
    takeGraphs();
    const checkpoint = needCheckpoint("graphs", model.source);
    const parameters = await readParameters(checkpoint);
    const config = {
      backend,
      extended: { ...model.extended, decoder: checkpoint.decoder },
      batch: { batchSize, seqLen },
      learned: Object.keys(parameters),
    };
    for (const gradientCheckpointing of [false, true]) {
      const lossGraph = await openLossGraph({ ...config, gradientCheckpointing });
      list(gradientCheckpointing ? "gradients-with-checkpointing" : "gradients");
      if (gradientCheckpointing) continue;
      const ids = Array.from({ length: batchSize }, () => sample.ids);
      await untilRun(lossGraph.loss(parameters, { ids }));
      list("loss");
    }
    await untilRun(
      train({ model, data: [sample, sample], seqLen, steps: 1, batchSize, learningRate: 1e-3, lora: { rank: 2 } }),
    );
    list("lora-gradients");
    await model.release();
  }
  return digests;
};
