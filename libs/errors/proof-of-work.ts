/**
 * Whatever depends on something else works while its last success is younger than this, milliseconds. The longest poll of
 * an idle partition is 5 s and its broker answers then, so what is silent for longer does not work; and a caller that asks for
 * readiness hears of it within 10 s of the loss.
 */
export const longestSilenceMs = 8000;
