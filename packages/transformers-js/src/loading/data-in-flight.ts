/**
 * Data files that are on their way. In Node transformers.js waits for a model's data before it looks at the model itself, and a
 * model that fails in the meantime would end the process, as a rejection that nobody handles: a failure waits for the data.
 */

export type DataInFlight = {
  /** @param comesLater - whether a request without an answer is followed by a download, and asked again when that is done */
  readonly follow: <Answer>(key: string, comesLater: boolean, answer: () => Promise<Answer>) => Promise<Answer>;
  readonly settled: () => Promise<void>;
};

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
