/** ONNX Runtime's sessions in Node, with weights in memory or memory-mapped from one folder. */
import type { ExternalData, Session } from "@ropewalk/backend";
import { hostSession } from "@ropewalk/backend/host";
import type { InferenceSession } from "onnxruntime-node";

type Options = InferenceSession.SessionOptions;

/** ONNX Runtime resolves external files against one folder, given as a session entry. */
const externalFolder = (name: string, externalData: readonly ExternalData[]): Readonly<Record<string, string>> => {
  const folders = [...new Set(externalData.flatMap((data) => (data.kind === "path" ? [data.folder] : [])))];
  if (folders.length > 1)
    throw new RangeError(`${name}: external files must lie in one folder, got ${folders.join(" and ")}`);
  return folders[0] === undefined ? {} : { model_external_initializers_file_folder_path: folders[0] };
};

/**
 * @param options - the execution provider's; `entries` become session entries beside the external folder
 */
export const createSession = async (
  name: string,
  options: Options & { readonly entries?: Readonly<Record<string, unknown>> },
  model: Uint8Array,
  externalData: readonly ExternalData[] = [],
): Promise<Session> => {
  const runtime = await import("onnxruntime-node");
  const { entries, ...rest } = options;
  const folder = externalFolder(name, externalData);
  return hostSession(
    name,
    () =>
      runtime.InferenceSession.create(model, {
        logSeverityLevel: 3,
        // Shapes change with every token: a memory plan for each would be made once and never used again.
        enableMemPattern: false,
        ...rest,
        externalData: externalData.flatMap((data) =>
          data.kind === "bytes" ? [{ path: data.file, data: data.data }] : [],
        ),
        extra: { session: { ...entries, ...folder } },
      }),
    ({ type, data, dims }) => new runtime.Tensor(type, data, dims),
  );
};
