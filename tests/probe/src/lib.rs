//! The component as it is, with the guest's feature `probe`: see `guest/src/component/probe.rs`.

use fastintercom_guest as _;
