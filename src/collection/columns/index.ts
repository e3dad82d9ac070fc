/** The declared fields of all records, column by column, indexed by row. */
export { Columns } from './columns.ts'
export { isReservedName, validateFields, validateFieldValue } from './fields.ts'
