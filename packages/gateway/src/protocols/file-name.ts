/** A name for a document that has none: OpenAI refuses files without, and tells by its ending what they are. */
export function fileNameFor(mediaType: string): string {
  const type = mediaType.split(';', 1)[0]!.trim().toLowerCase();
  return `document.${endings[type] ?? /\/([a-z0-9]{1,8})$/.exec(type)?.[1] ?? 'bin'}`;
}

const office = 'application/vnd.openxmlformats-officedocument';

/** Endings that are not the second half of the type. */
const endings: Readonly<Record<string, string | undefined>> = {
  'text/plain': 'txt',
  'text/markdown': 'md',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  [`${office}.wordprocessingml.document`]: 'docx',
  [`${office}.spreadsheetml.sheet`]: 'xlsx',
  [`${office}.presentationml.presentation`]: 'pptx',
};
