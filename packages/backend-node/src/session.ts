/** ONNX Runtime's sessions in Node, with weights in memory or memory-mapped from one folder. */
import type { ExternalData, Session } from "@ropewalk/backend";
import { externalFiles, hostSession } from "@ropewalk/backend/host";
import type { InferenceSession } from "onnxruntime-node";
import { loadRuntime } from "./runtime.ts";

type Options = InferenceSession.SessionOptions;

/**
 * @param options - the execution provider's; `entries` become session entries beside the external folder
 */
export const createSession = async (
  name: string,
  options: Options & { readonly entries?: Readonly<Record<string, unknown>> },
  model: Uint8Array,
  externalData: readonly ExternalData[] = [],
): Promise<Session> => {
  const runtime = await loadRuntime();
  const { entries, ...rest } = options;
  const files = externalFiles(name, externalData);
  return hostSession(
    name,
    () =>
      runtime.InferenceSession.create(model, {
        logSeverityLevel: 3,
        // Shapes change with every token, so a memory plan would never be used again.
        enableMemPattern: false,
        ...rest,
        externalData: files.bytes,
        extra: { session: { ...entries, ...files.entries } },
      }),
    ({ type, data, dims }) => new runtime.Tensor(type, data, dims),
  );
};
