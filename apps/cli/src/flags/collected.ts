/** The texts of a flag that may be given several times, in their order. */
export const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
