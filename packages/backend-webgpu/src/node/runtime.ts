/** ONNX Runtime in Node, loaded when it is first needed. Its telemetry is stopped on import: workers that begin later need that. */
import { stopTelemetry } from "@ropewalk/backend/host";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import type * as Runtime from "onnxruntime-node";

const beforeLoading = stopTelemetry(process, isMainThread);

export const loadRuntime = (): Promise<Pick<typeof Runtime, "InferenceSession" | "Tensor">> => {
  beforeLoading();
  return import("onnxruntime-node");
};
