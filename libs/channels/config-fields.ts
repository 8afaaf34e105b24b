import { required } from '@tailrace/config/required.ts';
import { z } from 'zod';

/** Text of a configuration: without control characters, so that nothing of it can end a header or a line. */
export const text = (max: number) =>
  z
    .string({ error: required('must be text') })
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');

/** A secret as it goes into a header: a line end that was copied with it would only fail later. */
export const secret = (max = 1000) =>
  z
    .string({ error: required('must be text') })
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces or line ends')
    .max(max, `must be at most ${max} characters`);

/** Shortest part of an address that can be a token. */
const tokenCharacters = 8;

/** What of an address must not be repeated where people read: all of it, its path, and what in it may be a token. */
export function secretPartsOf(url: string): readonly string[] {
  const { pathname, search, searchParams } = new URL(url);
  const parts = [`${pathname}${search}`, pathname, ...pathname.split('/'), ...searchParams.values()];
  return [url, ...parts.filter(({ length }) => length >= tokenCharacters)];
}

/** An address that is called. Which hosts may be called is checked beside the schema. */
export const httpUrl = () =>
  z
    .string({ error: required('must be a URL') })
    .max(2000, 'must be at most 2000 characters')
    .refine((value) => URL.canParse(value) && /^https?:\/\//i.test(value), 'must be an https URL');
