// Package beam trains and scores segmentations on the runners of Apache Beam.
//
// A Runner runs each pass of training as a job, and Dataset makes of it what
// [segment.TrainOn] takes: the model has the bits of one that was trained on the same
// rows in this process by [segment.Distribute]. Score is a transform from rows to
// cluster, tier and distance.
//
// A program begins with Work, where its workers are processes, and beam.Init. Runners
// are not imported here, so that no flags are defined: a JobServer submits to the job
// server of Prism, Flink or Spark by its address. For Dataflow the program imports
// its runner, and Submit is a function that calls beam.Run with "dataflow"; the flags
// are --project, --region, --staging_location=gs://…, --temp_location=gs://…,
// --max_num_workers and --worker_binary, without which the program is compiled anew for
// each job. A job of Dataflow is not cancelled with its context.
//
// Whatever the runner: Runner.Temp is seen by this process and all workers. Each pass
// has a limit of time, as Prism waits for ever for a worker that was killed. Prism tries
// no bundle twice: the tries are those of Dataset.
//
// The package is tested on Prism, with workers in the same process and in processes of
// their own. It has not been run on Flink, Spark or Dataflow. Reports on Beam's Go SDK
// on Flink speak of jobs that stall after some 200 MB (issue 26485 of apache/beam), of
// memory (21817) and of load tests that fail (33753); a pass sends blocks between
// workers only where Rows reshuffles them, which ReadCSV and ReadParquet do with the
// names of files alone, and a tally for each bundle.
package beam
