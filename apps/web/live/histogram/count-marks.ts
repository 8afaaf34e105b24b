/** Round numbers for an axis of counts that ends at `max`: 0 and one or two more. */
export function countMarks(max: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, max / 2)));
  const step = [5, 2, 1].map((part) => part * power).find((part) => part * 2 <= max) ?? 1;
  return [0, step, 2 * step].filter((mark) => mark <= max);
}
