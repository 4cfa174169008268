export type WebGpuOptions = {
  /** Called after each run that brings outputs back, with the bytes that crossed to JavaScript's memory. */
  readonly onRead?: (bytes: number) => void;
  /**
   * In a browser: a GPUDevice of one's own, to be shared. Absent: one is asked for when the first session is made, with the
   * adapter's own limits.
   */
  readonly device?: object;
};
