/** The declared fields of all records, column by column, indexed by row. */
export { Columns } from './columns.ts'
export {
  isDegrees,
  isReservedName,
  typeOf,
  validateFields,
  validateFieldValue,
  withDefaults,
} from './fields.ts'
