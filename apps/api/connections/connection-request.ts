import { z } from 'zod';

export const idParam = z.object({ id: z.string().max(200).describe('conn_…') });
