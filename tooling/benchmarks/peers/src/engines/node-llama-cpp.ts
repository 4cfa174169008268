/** llama.cpp through node-llama-cpp, with its prebuilt binary for the CPU and its defaults; says on stderr which they are. */
import {
  getLlama,
  GgmlType,
  LlamaLogLevel,
  type LlamaContext,
  type LlamaContextSequence,
  type Token,
} from "node-llama-cpp";
import { serve, type EngineOptions } from "../serve.ts";
import { runOf, type Engine } from "../workload.ts";

const described = (context: LlamaContext): string => {
  const { contextSize, batchSize, flashAttention, kvCacheKeyType: keys, kvCacheValueType: values, model } = context;
  const supported = model.flashAttentionSupported ? "supported" : "not supported";
  return (
    `context of ${contextSize}, batches of ${batchSize}, flash attention ${flashAttention} (${supported}), ` +
    `cache in ${GgmlType[keys]} and ${GgmlType[values]}`
  );
};

const load = async ({ model: modelPath, threads }: EngineOptions): Promise<Engine> => {
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  // Where the weights are float32, tokens are compared, and the cache is to be float32 too.
  const exact = { experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" } as const;
  const isExact = modelPath.endsWith("-f32.gguf");
  let context: LlamaContext | undefined;
  /** The sequence that has read a document. */
  let kept: LlamaContextSequence | undefined;
  return async ({ ids, newTokens, document }) => {
    const contextSize = (document?.length ?? 0) + ids.length + newTokens;
    if (context === undefined || context.contextSize < contextSize) {
      await context?.dispose();
      kept = undefined;
      const created = { contextSize, threads, ignoreMemorySafetyChecks: true };
      context = await model.createContext({ ...created, ...(isExact ? exact : {}) });
      console.error(`node-llama-cpp: ${described(context)}`);
    }
    if (document === undefined) {
      await kept?.dispose();
      kept = undefined;
    }
    const sequence = kept ?? context.getSequence();
    if (document !== undefined) {
      kept = sequence;
      // Its own reuse: what is there and is no more wanted is erased, and the rest is read.
      await sequence.adaptStateToTokens(document as Token[]);
      await sequence.evaluateWithoutGeneratingNewTokens(document.slice(sequence.nextTokenIndex) as Token[]);
    }
    const tokens: number[] = [];
    const moments: number[] = [];
    const start = performance.now();
    for await (const token of sequence.evaluate(ids as Token[], { temperature: 0, yieldEogToken: true })) {
      moments.push(performance.now());
      tokens.push(token);
      if (tokens.length === newTokens) break;
    }
    if (document === undefined) await sequence.dispose();
    return runOf(start, moments, tokens);
  };
};

await serve(load);
