import { z } from 'zod';

const wrong = 'must be a whole number of minutes from 1 to 1440';

/** A window as people write it. */
export const windowMinutes = z
  .int(wrong)
  .min(1, wrong)
  .max(1440, wrong)
  .meta({ title: 'Window, minutes', examples: [5] });

export const minuteMs = 60_000;
