/**
 * Knows which data files are still loading. In Node transformers.js waits for a model's data before it handles the model itself. If
 * the model failed in the meantime, the unhandled rejection would end the process. So a failure waits for the data.
 */

export type DataInFlight = {
  /**
   * Follows the request of a data file until it is answered.
   *
   * @param comesLater - whether a request without an answer leads to a download, and is repeated after it
   */
  readonly follow: <Answer>(key: string, comesLater: boolean, answer: () => Promise<Answer>) => Promise<Answer>;
  /** Waits until no data file is loading. */
  readonly settled: () => Promise<void>;
};

/** In milliseconds, between two looks. */
const pause = 10;

export const dataInFlight = (): DataInFlight => {
  const keys = new Set<string>();
  return {
    follow: async (key, comesLater, answer) => {
      keys.add(key);
      const answered = await answer().finally(() => keys.delete(key));
      if (answered === undefined && comesLater) keys.add(key);
      return answered;
    },
    settled: async () => {
      do await new Promise((done) => setTimeout(done, pause));
      while (keys.size > 0);
    },
  };
};
