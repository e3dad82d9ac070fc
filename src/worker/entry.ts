import { expose } from 'comlink'
import { installErrorTransfer } from '../platform/wire.ts'
import { host } from './host.ts'

installErrorTransfer()
expose(host)
