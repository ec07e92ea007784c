"""Images of disks that emulators and operating systems write."""
