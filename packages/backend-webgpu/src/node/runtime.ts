/** Loads ONNX Runtime in Node when it is first needed. Its telemetry is stopped on import, so that workers that begin later have it off. */
import { stopTelemetry } from "@ropewalk/backend/host";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import type * as Runtime from "onnxruntime-node";

const beforeLoading = stopTelemetry(process, isMainThread);

export const loadRuntime = (): Promise<Pick<typeof Runtime, "InferenceSession" | "Tensor">> => {
  beforeLoading();
  return import("onnxruntime-node");
};
