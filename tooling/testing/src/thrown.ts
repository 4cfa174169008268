/** What a call throws or a promise is rejected with: the error's name and its whole message. */

/** "nothing" where the call does not throw. */
export const thrownBy = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "nothing";
};

/** "nothing" where the promise is fulfilled. */
export const rejectionOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => "nothing", String);
