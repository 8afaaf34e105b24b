interface FirstAnswerOptions {
  /** How long one is waited for before the next is asked beside it, milliseconds. */
  readonly patienceMs: number;
  /** Whether a failure ends it all: nobody else would say otherwise. */
  readonly isFinal: (error: unknown) => boolean;
}

/**
 * Asks one after the other for the same thing: the next as soon as one has failed, or has not answered for a while. The
 * first answer counts; the others are not waited for.
 * @throws the failure that is final, or the last one when all have failed.
 */
export function firstAnswer<Answer>(
  asks: readonly (() => Promise<Answer>)[],
  { patienceMs, isFinal }: FirstAnswerOptions,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let begun = 0;
  let open = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = (settle: () => void) => {
    begun = asks.length;
    clearTimeout(timer);
    settle();
  };
  const begin = () => {
    clearTimeout(timer);
    const ask = asks[begun];
    if (!ask) return;
    begun += 1;
    open += 1;
    timer = setTimeout(begin, patienceMs);
    ask().then(
      (answer) => end(() => resolve(answer)),
      (error: unknown) => {
        open -= 1;
        if (isFinal(error) || (begun === asks.length && open === 0)) end(() => reject(error));
        else begin();
      },
    );
  };
  begin();
  return promise;
}
