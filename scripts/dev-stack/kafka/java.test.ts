import { expect, test } from 'vitest';
import { findJava, majorVersion } from './java.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['something else', 0],
])('the search for Java reads the version of %j', (output, version) => {
  expect(majorVersion(output)).toBe(version);
});

test('the search for Java says when JAVA_HOME holds no Java', async () => {
  expect(await findJava({ JAVA_HOME: '/nowhere' })).toEqual({
    unavailable: 'JAVA_HOME (/nowhere) holds no Java that runs',
  });
});
